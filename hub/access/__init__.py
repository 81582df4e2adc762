"""Who may do what: operators, their sign-ins and sessions, and the declaration of access at each route."""
