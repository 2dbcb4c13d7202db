"""What every room stands on: files, words, names, processes. It knows no room."""
