"""Makes packs from what package registries publish. Needs the `dev` extra; no program needs it to run."""
