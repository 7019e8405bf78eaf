"""``rcspike cache``: the compiled programs that simulations have left for the next one."""

import click


@click.group()
def cache():
    """Show and clear the compiled programs of simulated networks."""


@cache.command()
def show():
    """List the programs in the cache, the oldest first."""
    from datetime import datetime

    from rcspike_brian.simulation.cache import entries, programs_folder

    found = entries()
    total = sum(entry.bytes for entry in found) / 2**20
    click.echo(f"{len(found)} compiled programs, {total:.1f} MiB, in {programs_folder()}")
    for entry in found:
        made = datetime.fromtimestamp(entry.made).isoformat(" ", "minutes")
        click.echo(f"  {made}  {entry.bytes / 2**20:5.1f} MiB  {_describe(entry.plan)}")


def _describe(plan):
    if plan is None:
        return "damaged; it will be compiled again"
    return (
        f"{'-'.join(map(str, plan['sizes']))}, {plan['kind']}, {plan['synapses']} synapses, "
        f"dt = {plan['dt']:g} s, {plan['total_steps']} steps, "
        f"{plan['presentations']} presentations, {sum(plan['probes'])} recorded neurons"
    )


@cache.command()
def clear():
    """Delete all compiled programs; the next simulation compiles anew."""
    from rcspike_brian.simulation.cache import clear as clear_cache
    from rcspike_brian.simulation.cache import programs_folder

    found = clear_cache()
    total = sum(entry.bytes for entry in found) / 2**20
    click.echo(f"deleted {len(found)} compiled programs, {total:.1f} MiB, in {programs_folder()}")
