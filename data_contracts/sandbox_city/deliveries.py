"""Every file of the city, in the order of making: sources that need each other stand together."""

from __future__ import annotations

from collections.abc import Iterator

from data_contracts.sandbox_city import partner_files, regulator_files
from data_contracts.sandbox_city.delivery import City, Delivery, Streams
from data_contracts.sandbox_city.versions import make_versions


def deliveries(city: City, streams: Streams) -> Iterator[Delivery]:
    """A source is drawn when its turn comes and forgotten afterwards."""
    versions = make_versions(city.plan, city.population, streams["versions"])
    yield regulator_files.registrations(city, versions)
    yield from partner_files.connected_files(city, versions, streams)
    del versions
    yield regulator_files.annual_reports(city, streams["figures"])
    yield from regulator_files.listing_files(city, streams["mistakes"])
    yield from regulator_files.penalty_files(city, streams["corrections"])
    yield from regulator_files.complaint_files(city, streams["assignments"])
    yield from regulator_files.inspection_files(city, streams["violations"])
    yield partner_files.licences_file(city, streams["licences"])
    yield partner_files.judicial_file(city, streams["judicial"])
    yield partner_files.products_file(city, streams["products"])
    yield partner_files.tax_social_file(city, streams["tax_social"])
    yield partner_files.rights_file(city, streams["intellectual_property"])
    yield partner_files.opinion_file(city, streams["public_opinion"])
    yield partner_files.commitments_file(city, streams["commitments"])
