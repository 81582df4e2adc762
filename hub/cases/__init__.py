"""Children who are missing and children who were found: what is recorded of them, and what recognises them."""
