"""Short facts of everyday topics, the same in other languages, and lists of things: what answers can be made of.

Source: the authors of this project wrote them. Licence: that of this project.
"""

FACTS = {
    "rain": ("Rain falls when drops in a cloud grow heavy.", "Most of the rain on Earth falls into the sea."),
    "bread": ("Bread rises because yeast makes gas.", "People have baked bread for thousands of years."),
    "the moon": ("The moon shines because it reflects the sun.", "One side of the moon always faces us."),
    "bees": ("Bees carry pollen from flower to flower.", "A bee visits many flowers on one flight."),
    "the sea": ("The sea is salty and very deep.", "Most life on Earth lives in the sea."),
    "trains": ("Trains carry many people with little energy.", "The first trains ran on steam."),
    "honey": ("Honey is made by bees and keeps for years.", "A spoon of honey is the work of many bees."),
    "chess": ("Chess is a game for two players.", "Each side in chess begins with sixteen pieces."),
    "winter": ("Winter is the coldest season of the year.", "In winter the days are short."),
    "coffee": ("Coffee is made from roasted beans.", "Coffee keeps many people awake."),
    "cats": ("Cats sleep for most of the day.", "A cat can see well in little light."),
    "dogs": ("Dogs have a very good sense of smell.", "Dogs have lived with people for a long time."),
    "mountains": ("Mountains rise where plates of rock push together.", "The air on mountains is thin and cold."),
    "rivers": ("Rivers carry water from the land to the sea.", "Many cities were built next to rivers."),
    "trees": ("Trees take carbon out of the air.", "The oldest trees have lived for thousands of years."),
    "books": ("Books keep what people knew long ago.", "The first books were written by hand."),
    "clocks": ("Clocks measure the time of the day.", "The first clocks used water or sand."),
    "paper": ("Paper is made from wood.", "Paper was invented in China."),
    "glass": ("Glass is made from hot sand.", "Glass can be used again and again."),
    "salt": ("Salt comes from the sea or from mines.", "Salt keeps food from going bad."),
    "snow": ("Snow is made of small crystals of ice.", "Fresh snow is mostly air."),
    "wind": ("Wind is air that moves.", "Wind can turn a mill or a turbine."),
    "the sun": ("The sun is a star.", "The light of the sun needs eight minutes to reach us."),
    "milk": ("Milk comes from cows, goats and sheep.", "Cheese is made from milk."),
    "rice": ("Rice grows in wet fields.", "Half of the people on Earth eat rice each day."),
    "music": ("Music is made of sounds in time.", "Music is played in every country."),
    "bicycles": ("Bicycles need no fuel.", "A bicycle has two wheels and two pedals."),
    "bridges": ("Bridges let people cross a river.", "Long bridges hang from cables of steel."),
    "gold": ("Gold is heavy and does not rust.", "Gold is found in rivers and in rock."),
    "horses": ("Horses can sleep while they stand.", "People have ridden horses for thousands of years."),
    "maps": ("Maps show where places are.", "Old maps had many mistakes."),
    "stars": ("Stars are suns that are far away.", "Sailors used the stars to find their way."),
    "apples": ("Apples grow on trees and are ripe in autumn.", "There are thousands of kinds of apples."),
    "whales": ("Whales breathe air through a hole.", "The blue whale is the largest animal."),
    "deserts": ("Deserts get very little rain.", "Nights in a desert can be cold."),
    "volcanoes": ("Volcanoes throw out melted rock.", "The soil near volcanoes is good for plants."),
    "tea": ("Tea is made from dried leaves.", "Tea was first drunk in China."),
    "schools": ("Schools teach children to read and write.", "Most children go to school in the morning."),
    "gardens": ("Gardens need water and care.", "Many gardens have flowers and fruit."),
    "ships": ("Ships carry most of the goods of the world.", "The first ships were made of wood."),
}
HELD = ("honey", "winter", "trees", "glass", "wind", "rice", "gold", "stars", "whales", "tea")  # only measured

TRANSLATED = {
    "French": {
        "rain": "La pluie tombe des nuages.", "bread": "Le pain est fait avec de la farine.",
        "the moon": "La lune est dans le ciel.", "cats": "Les chats dorment le jour.",
        "the sea": "La mer est grande et bleue.", "trains": "Le train va de la ville à la mer.",
        "coffee": "Le café est chaud et noir.", "books": "Les livres sont dans la maison.",
        "trees": "Les arbres sont verts en été.", "winter": "En hiver il fait froid et il y a de la neige.",
    },
    "German": {
        "rain": "Der Regen fällt aus den Wolken.", "bread": "Das Brot ist aus Mehl und Wasser.",
        "the moon": "Der Mond ist in der Nacht zu sehen.", "cats": "Die Katzen schlafen am Tag.",
        "the sea": "Das Meer ist groß und blau.", "trains": "Der Zug fährt von der Stadt zu dem Meer.",
        "coffee": "Der Kaffee ist heiß und schwarz.", "books": "Die Bücher sind in dem Haus.",
        "trees": "Die Bäume sind in dem Sommer grün.", "winter": "In dem Winter ist es kalt und es fällt Schnee.",
    },
    "Spanish": {
        "rain": "La lluvia cae de las nubes.", "bread": "El pan se hace con harina y agua.",
        "the moon": "La luna está en el cielo.", "cats": "Los gatos duermen por el día.",
        "the sea": "El mar es grande y azul.", "trains": "El tren va de la ciudad al mar.",
        "coffee": "El café es caliente y negro.", "books": "Los libros están en la casa.",
        "trees": "Los árboles son verdes en el verano.", "winter": "En el invierno hace frío y hay nieve.",
    },
}  # fmt: skip

THINGS = {
    "colours": "red blue green yellow orange purple brown black white pink",
    "fruits": "apple pear plum cherry banana orange lemon grape peach melon",
    "animals": "cat dog horse cow sheep goat lion bear fox wolf",
    "countries": "France Spain Italy Japan China Brazil Canada Egypt Kenya India",
    "tools": "hammer saw drill file axe knife rake spade brush pliers",
    "instruments": "piano violin flute drum guitar harp trumpet cello organ oboe",
    "vegetables": "carrot onion potato cabbage pea bean leek spinach tomato radish",
    "planets": "Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune",
    "metals": "iron gold silver copper tin lead zinc nickel titanium aluminium",
    "birds": "eagle owl crow robin swan duck goose hawk sparrow stork",
    "sports": "tennis football rowing skiing hockey cricket golf boxing judo rugby",
    "drinks": "water tea coffee milk juice cocoa lemonade cider soda punch",
}
HELD_THINGS = ("animals", "metals", "drinks")  # only measured
