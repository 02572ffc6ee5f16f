"""The subcommands of `playbill`, a file a family."""
