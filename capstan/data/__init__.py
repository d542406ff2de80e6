"""Tables, files, databases and stores, and how long they are kept."""
