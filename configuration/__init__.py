"""How every program reads its settings: one TOML file, the environment over it, nothing unknown, no secrets."""
