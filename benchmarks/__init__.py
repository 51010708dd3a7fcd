"""How fast this project trains and classifies beside its peers: `make bench`, results in RESULTS.md."""
