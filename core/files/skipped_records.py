"""What a reader of records left out, for whoever shows the rest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """Records that were left out, since they make no sense: how many, and what is wrong with the first."""

    count: int = 0
    first: str = ""

    def add(self, reason: str) -> "LeftOut":
        """One record more, and why it was left out."""
        return LeftOut(self.count + 1, self.first or reason)

    def tell(self, what: str, of: str) -> str:
        """One line for a person, such as "2 events of 0003-x make no sense (line 17: step is missing)"; '' for none."""
        one = self.count == 1
        count = f"{self.count:,} {what}{'' if one else 's'} of {of} make{'s' if one else ''} no sense"
        return f"{count} ({self.first})" if self.count else ""


NOTHING_LEFT_OUT = LeftOut()
