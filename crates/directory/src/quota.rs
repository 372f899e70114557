//! How many invitations, codes and guesses are allowed in which time (threats B16 to B20).
