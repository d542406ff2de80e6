"""How long something lasts: Kaplan-Meier, Cox and Weibull."""
