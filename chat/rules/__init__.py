"""Rules before and after the model: an administrator's ordered list of what happens to questions and answers.

``before`` a question is searched and goes to a model, ``after`` a model wrote (``chat.rules.kinds``). The door
for the answer engine is ``chat.rules.applying.Ruled``.
"""
