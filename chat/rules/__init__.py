"""Rules before and after the model: what is done to questions and answers, in the administrator's order.

The kinds are in ``chat.rules.kinds``; the door for the answer engine is ``chat.rules.applying.Ruled``.
"""
