"""What a program uses to prove who it is: private files that nobody else can read, and TLS contexts."""
