"""A synthetic city that keeps every contract, has policies and histories, and knows the truth."""

from data_contracts.sandbox_city.city import CityFiles, generate
from data_contracts.sandbox_city.plan import SandboxPlan

__all__ = ["CityFiles", "SandboxPlan", "generate"]
