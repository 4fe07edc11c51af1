"""Lists commands in sections, and answers a command group without a command with its help."""

from typing import Any

from typer.core import TyperGroup


class Sections(TyperGroup):
    """A group of commands under the headings that were given as `rich_help_panel`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take nothing for a wish for help."""
        return super().parse_args(ctx, args or ["--help"])

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as Typer calls it
        """Write one section for each heading, in the order in which commands were added."""
        shown = [(name, one, self._heading(one)) for name, one in self.commands.items() if not one.hidden]
        width = formatter.width - 6 - max(len(name) for name, _, _ in shown)
        for heading in dict.fromkeys(heading for _, _, heading in shown):
            with formatter.section(heading):
                formatter.write_dl([(name, one.get_short_help_str(width)) for name, one, of in shown if of == heading])

    @staticmethod
    def _heading(command: Any) -> str:
        return command.rich_help_panel or "Commands"
