"""What people are told before an intake, the signed record of what permits it, and the receipt they take away."""
