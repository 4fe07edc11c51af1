"""Fresh texts, pictures and recordings, of the kinds that the miniatures of the Hub were trained on."""

from grader.hub.miniatures.pictures.shapes import pictures
from grader.hub.miniatures.recipes.imdb_large import clean_reviews
from grader.hub.miniatures.recipes.imdb_reviews import public_reviews
from grader.hub.miniatures.sounds.digits import recordings
from grader.hub.miniatures.text.grammar import reviews

__all__ = ["clean_reviews", "pictures", "public_reviews", "recordings", "reviews"]
