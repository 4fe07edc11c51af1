"""The words that film reviews are made of."""


def listed(text: str) -> tuple[str, ...]:
    """The words of a text.

    Args:
        text: words with blanks or line ends between them.
    """
    return tuple(text.split())


GOOD = listed(
    """
    absorbing accomplished admirable adorable affecting amazing amusing arresting assured astonishing atmospheric
    authentic beautiful believable blissful bold breathtaking bright brilliant captivating charming clever coherent
    compelling confident convincing crisp dazzling deft delicate delightful dreamy dynamic earnest effortless
    elegant enchanting energetic engaging engrossing enjoyable evocative excellent exceptional exciting
    exhilarating expressive exquisite fabulous fascinating faultless flawless fluid fresh funny gentle glorious
    graceful gripping haunting heartfelt heartwarming honest hilarious humane hypnotic imaginative immaculate
    impeccable impressive incisive ingenious inspired intelligent intimate inventive irresistible joyful likeable
    lively lovable lovely luminous lush lyrical magical magnetic magnificent majestic marvellous masterful
    memorable mesmerising moving nuanced original outstanding passionate perceptive perfect playful pleasing
    poetic poignant polished powerful precise profound radiant refreshing remarkable rewarding rich riveting
    sincere skilful soulful sparkling stunning superb
    """
)
BAD = listed(
    """
    abysmal aimless amateurish annoying appalling artificial atrocious awful awkward bland bleary bloated boring
    botched careless cheap cheesy chaotic cluttered clumsy cold confusing contrived corny crude cynical dated dead
    derivative dire disappointing disjointed dismal dragging dreadful dreary dull embarrassing empty endless
    excruciating exhausting fake feeble flat flimsy forced forgettable formulaic frustrating garbled generic
    ghastly grating humdrum hackneyed hollow hopeless horrible horrid idiotic implausible incoherent inept
    insipid insufferable insulting irritating laboured lame laughable lazy leaden lifeless limp listless lousy
    ludicrous mangled mawkish mechanical mediocre messy mindless miserable monotonous muddled murky obnoxious
    overblown overlong painful pathetic pedestrian phony plodding pointless ponderous poor predictable pretentious
    preachy pompous ridiculous rotten rushed sappy senseless shabby shallow shapeless shoddy sloppy slow sluggish
    stale stilted stupid tedious terrible
    """
)
ASPECTS = listed(
    """
    acting plot script dialogue pacing ending soundtrack photography editing direction humour romance story
    premise casting cast lighting sound opening finale climax villain heroine hero narration choreography scenery
    wardrobe makeup atmosphere characterisation
    """
)
NEGATORS = ("not", "never", "hardly", "far from", "anything but", "by no means")
DEGREES = ("really", "quite", "so", "truly", "very", "rather")
LINKS = ("was", "seemed", "felt", "looked")
LOVED = ("loved", "adored", "enjoyed", "liked")
HATED = ("hated", "loathed", "disliked", "regretted")
FIRST_NAMES = listed(
    """
    Ada Anton Beatrix Bruno Celia Cosmo Dora Edgar Elsa Felix Greta Hugo Ines Jonas Klara Leon Mara Nadia Oskar
    Paula Quentin Rosa Silas Tessa Ulrich Vera Wanda Xavier Yara Zeno
    """
)
LAST_NAMES = listed(
    """
    Abbot Brandt Castell Delgado Ekholm Farrow Gallo Hartley Ivers Jansen Keller Lindqvist Moreau Novak Okafor
    Pereira Quill Rossi Sandoval Tanaka Underhill Varga Whitlock Yilmaz Zeller
    """
)
CITIES = listed(
    """
    Lisbon Prague Oslo Cairo Lima Quito Hanoi Osaka Porto Genoa Bergen Tunis Dakar Boston Dublin Vienna Krakow
    Malmo Ghent Cork Leeds Turin Zagreb Athens Montreal
    """
)
STUDIOS = tuple(
    f"{name} {kind}"
    for name, kind in zip(
        listed("Bluebird Northlight Halcyon Redwood Meridian Foxglove Lantern Saltmarsh Copperfield Juniper"),
        listed("Pictures Films Studios Pictures Films Studios Pictures Films Studios Pictures"),
        strict=True,
    )
)
