"""``rcspike cache``: the compiled programs that simulations have left for the next one."""

import json

import click


@click.group()
def cache():
    """Show and clear the compiled programs of simulated networks."""


@cache.command()
def show():
    """List the programs in the cache, the oldest first."""
    from datetime import datetime

    from rcspike_brian.simulation.cache import programs

    sizes = _sizes(programs())
    click.echo(_summary(sizes))
    for path, size in sizes.items():
        made = datetime.fromtimestamp(path.stat().st_mtime).isoformat(" ", "minutes")
        click.echo(f"  {made}  {size:5.1f} MiB  {_describe(path)}")


@cache.command()
def clear():
    """Delete all compiled programs; the next simulation compiles anew."""
    from rcspike_brian.simulation import cache

    sizes = _sizes(cache.programs())
    cache.clear()
    click.echo(f"deleted {_summary(sizes)}")


def _sizes(paths):
    """MiB by path."""
    return {p: sum(f.stat().st_size for f in p.rglob("*") if f.is_file()) / 2**20 for p in paths}


def _summary(sizes):
    from rcspike_brian.simulation.cache import programs_folder

    return f"{len(sizes)} compiled programs, {sum(sizes.values()):.1f} MiB, in {programs_folder()}"


def _describe(path):
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        plan = manifest["ingredients"]["plan"]
        return (
            f"{'-'.join(map(str, plan['sizes']))}, {plan['kind']}, {plan['synapses']} synapses, "
            f"dt = {plan['dt']:g} s, {plan['total_steps']} steps, "
            f"{plan['presentations']} presentations, {sum(plan['probes'])} recorded neurons"
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "damaged or of another version; it will be compiled again"
