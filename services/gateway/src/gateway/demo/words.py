"""Names made of words that nobody would put together, so that no real place is named."""

from random import Random

_NOUNS = {
    "m": (
        "Hérisson", "Tilleul", "Moulin", "Cerf-volant", "Pommier", "Phare", "Rouge-gorge",
        "Lampion", "Marronnier", "Blaireau", "Coquelicot", "Sablier", "Merle", "Pinson",
        "Tournesol", "Ruisseau", "Chêne", "Hibou", "Grelot", "Traîneau",
    ),
    "f": (
        "Loutre", "Mésange", "Lanterne", "Fougère", "Cigale", "Passerelle", "Coccinelle",
        "Girouette", "Pervenche", "Tortue", "Clairière", "Boussole", "Noisette", "Libellule",
        "Bruyère", "Alouette", "Marelle", "Hermine", "Grenouille", "Balançoire",
    ),
}  # fmt: skip
_ADJECTIVES = (
    ("Mauve", "Mauve"), ("Pensif", "Pensive"), ("Argenté", "Argentée"), ("Voyageur", "Voyageuse"),
    ("Distrait", "Distraite"), ("Turquoise", "Turquoise"), ("Matinal", "Matinale"),
    ("Orangé", "Orangée"), ("Bavard", "Bavarde"), ("Curieux", "Curieuse"), ("Violet", "Violette"),
    ("Rêveur", "Rêveuse"), ("Tranquille", "Tranquille"), ("Pressé", "Pressée"),
    ("Boréal", "Boréale"), ("Rieur", "Rieuse"), ("Étourdi", "Étourdie"), ("Cuivré", "Cuivrée"),
    ("Frileux", "Frileuse"), ("Ambré", "Ambrée"), ("Discret", "Discrète"), ("Zébré", "Zébrée"),
)  # fmt: skip
_KIND_WORDS = {
    "hotel": "Hôtel",
    "residence": "Résidence",
    "hostel": "Auberge",
    "guest_house": "Maison d'hôtes",
    "apartment": "Appartements",
}
_DRAWS = 30
_STREET_WORDS = ("Rue", "Rue", "Rue", "Allée", "Impasse", "Passage", "Place", "Chemin")
_TOWN_STARTS = (
    "Villorne", "Maudelay", "Corbaix", "Saulnoy", "Erbigny", "Fontanoy", "Brévaux", "Lisières",
    "Montaubry", "Neuvaine", "Ormeval", "Pardieu", "Quincerolles", "Roselande", "Thérouge",
    "Vaucelain",
)  # fmt: skip
_TOWN_ENDS = ("-la-Garenne", "-sur-Orvre", "-les-Mésanges", "-le-Vieux", "-en-Plaine", "")


def creature(rng: Random) -> str:
    """Draw a noun with its article and an adjective that agrees: « du Hérisson Mauve »."""
    gender = rng.choice("mf")
    noun = rng.choice(_NOUNS[gender])
    adjective = rng.choice(_ADJECTIVES)[gender == "f"]
    vowel = noun[0] in "AEÉIOUH"
    article = "de l'" if vowel else ("du " if gender == "m" else "de la ")
    return f"{article}{noun} {adjective}"


def place_name(rng: Random, kind: str, taken: set[str]) -> str:
    """Draw a name no other place has; a number tells apart what the words cannot."""
    draws = (f"{_KIND_WORDS[kind]} {creature(rng)}" for _ in range(_DRAWS))
    name = next((name for name in draws if name not in taken), None)
    while name is None or name in taken:
        name = f"{_KIND_WORDS[kind]} {creature(rng)} {rng.randint(2, 9_999)}"
    taken.add(name)
    return name


def street_name(rng: Random) -> str:
    """Draw the name of a street."""
    return f"{rng.choice(_STREET_WORDS)} {creature(rng)}"


def town_name(rng: Random) -> str:
    """Draw the name of a town."""
    return rng.choice(_TOWN_STARTS) + rng.choice(_TOWN_ENDS)


def operator_names(count: int, rng: Random) -> list[str]:
    """Draw distinct company names."""
    names: dict[str, None] = {}
    while len(names) < count:
        gender = rng.choice("mf")
        adjective = rng.choice(_ADJECTIVES)[gender == "f"]
        form = rng.choice(("SAS", "SARL", "Groupe", "Gestion"))
        names[f"{form} {rng.choice(_NOUNS[gender])} {adjective}"] = None
    return list(names)
