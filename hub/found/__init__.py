"""Children whom a site's staff registered at a unit as found: kept, put on the register, checked by a case officer."""
