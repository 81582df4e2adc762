"""`mca consent`: what anybody with the authority's certificate can check of a consent, without any network."""
