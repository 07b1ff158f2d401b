"""The rules: when a shopper is offered help, and why or why not.

Read in this order: `syntax` (a file becomes a `Rule`), `conditions` and `text` (its two languages), `facts`
(what they may speak of), `evaluate` (which rule fires now, and when to ask again).
"""
