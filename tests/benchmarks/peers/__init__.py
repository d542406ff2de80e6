"""Other model servers. Nothing is imported here: their environments have neither Capstan's libraries nor pytest."""
