"""Everything about one decision as one value, told as JSON, as a page of its own and in the terminal."""

from models.explanation.page import explanation_page
from models.explanation.told import Explanation, RuleTold, Section, explanation_of, ways_section
from models.explanation.whom import Whom

__all__ = ["Explanation", "RuleTold", "Section", "Whom", "explanation_of", "explanation_page", "ways_section"]
