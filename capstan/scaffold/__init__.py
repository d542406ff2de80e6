"""`capstan new`: a capstone that runs at once, as a starting point."""
