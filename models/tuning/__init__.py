"""How a language model is tuned: to answers, and to which of two answers people prefer."""
