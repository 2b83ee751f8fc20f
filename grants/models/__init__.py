from grants.models.grant import Grant, Publication
from grants.models.initiative import Initiative, Region
from grants.models.tranche import MOVES, Approval, Refused, State, Tranche

__all__ = ["MOVES", "Approval", "Grant", "Initiative", "Publication", "Refused", "Region", "State", "Tranche"]
