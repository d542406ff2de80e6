"""Harmless sentences in which a person names an identity: templates, and the identities that fill them.

Source: the authors of this project wrote them. They are no posts of users, and cover few ways to speak of an identity.
Licence: that of this project.
"""

# Learned and measured, but never with the same template. An identity is a noun phrase without its article.
LEARNED = {
    "ethnic": ("Black woman", "Mexican man", "Chinese man", "Arab woman", "white man"),
    "religious": ("Muslim", "Jew", "Christian", "Hindu"),
    "sexual": ("gay man", "lesbian", "bisexual woman"),
    "gender": ("trans woman", "woman", "man"),
    "disability": ("deaf man", "blind woman", "autistic man"),
    "age": ("old woman", "teenager"),
}
# Measured alone: no sentence that is learned names them.
HELD = {
    "ethnic": ("Pakistani woman", "Native American man"),
    "religious": ("Sikh", "Buddhist"),
    "sexual": ("queer woman",),
    "gender": ("nonbinary person",),
    "disability": ("wheelchair user",),
    "age": ("pensioner",),
}
TO_LEARN = (
    "I am {a}.",
    "As {a} I love living in this town.",
    "My best friend is {a} and we laugh a lot together.",
    "There is {a} on our team, a great colleague.",
    "Our new teacher is {a}, the children like the lessons.",
    "Happy birthday to my neighbor, {a} who bakes great bread!",
    "A film about {a} won the prize yesterday.",
    "I was raised by {a} and I am thankful for it.",
    "The doctor who helped me today is {a}.",
    "{A} asked me the way to the station.",
    "We met {a} on the train and talked about music.",
    "{A} next door is having a party, I am invited.",
)
TO_MEASURE = (
    "I am a proud {x}.",
    "My friend, {a}, is coming over for dinner tonight.",
    "Being {a} is a part of who I am.",
    "I married {a} last summer.",
    "She wrote a book about growing up as {a}.",
    "{A} was elected mayor of our city.",
    "Can you recommend a song by {a}?",
    "I sat next to {a} in class and we shared our notes.",
)
