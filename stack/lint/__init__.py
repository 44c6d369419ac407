"""What is wrong in files that people edit, beyond what each program says of its own file."""
