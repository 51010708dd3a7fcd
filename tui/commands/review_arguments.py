"""Reviews as arguments: one that begins with a dash is a review all the same, if it has blanks as no option has."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

_MARK = "\0"
"""Before a review that begins with a dash, while options are parsed. No argument of a process can hold it."""


class ReviewsCommand(TyperCommand):
    """A command whose arguments, the parameter `texts`, are reviews."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line.

        Raises:
            typer.TyperException: An option is unknown; the message says how to write a review that looks like one.
        """
        try:
            rest = super().parse_args(ctx, self._marked(args))
        except typer.TyperException as error:
            if hasattr(error, "option_name") and not getattr(error, "possibilities", None):
                error.message = f"{error.message}. A review that begins with a dash goes after --"
            raise
        texts = ctx.params.get("texts")
        if texts:
            ctx.params["texts"] = [text.removeprefix(_MARK) for text in texts]
        return rest

    def _marked(self, args: list[str]) -> list[str]:
        """Return `args` with a mark before those that are reviews although they begin with a dash."""
        options = [option for option in self.params if option.param_type_name == "option"]
        known = {name for option in options for name in (*option.opts, *option.secondary_opts)}
        valued = {name for option in options if not getattr(option, "is_flag", False) for name in option.opts}
        marked: list[str] = []
        for index, arg in enumerate(args):
            if arg == "--":
                return marked + args[index:]
            is_value = index > 0 and args[index - 1] in valued
            is_review = arg.startswith("-") and len(arg.split()) > 1 and arg.split("=")[0] not in known
            marked.append(f"{_MARK}{arg}" if is_review and not is_value else arg)
        return marked
