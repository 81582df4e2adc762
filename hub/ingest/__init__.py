"""What units send: verified, committed once, and acknowledged with a signed receipt."""
