"""Cases that come in as files and go out as files: CSV, PFIF, and the whole of one case for its family or a court."""
