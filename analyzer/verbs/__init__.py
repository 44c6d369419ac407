"""What the command line can do beside serving, one verb a file."""
