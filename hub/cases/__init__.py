"""Missing children as cases: what the police recorded, the photographs, and what recognises them."""
