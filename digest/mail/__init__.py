"""Content in, checked bytes out.

Public: checks, compiling, composing, content, fitting, linting, message, notice, proof, renderer, story,
templates, tokens, wording.
"""
