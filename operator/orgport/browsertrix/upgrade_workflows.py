"""Upgrades of workflows and their revisions, and those that items share with them."""

from __future__ import annotations

from orgport.browsertrix.languages import LANGUAGES
from orgport.browsertrix.paths import Document
from orgport.browsertrix.states import modern
from orgport.browsertrix.upgrade_context import UpgradeContext


def rename_state(workflow: Document, _context: UpgradeContext) -> None:
    """The state of the last crawl by its name of today."""
    if workflow.get("lastCrawlState"):
        workflow["lastCrawlState"] = modern(
            workflow["lastCrawlState"], stopping=workflow.get("lastCrawlStopping") is True
        )


def replace_language(document: Document, _context: UpgradeContext) -> None:
    """Of a workflow or an item: a language that is none becomes English."""
    config = document.get("config")
    if config and config.get("lang") is not None and config["lang"] not in LANGUAGES:
        config["lang"] = "en"


def count_windows(document: Document, context: UpgradeContext) -> None:
    """Browser windows were counted in pods, each with the same number of them."""
    if document.get("browserWindows") is None:
        document["browserWindows"] = (document.get("scale") or 1) * context.num_browsers


def count_seeds(workflow: Document, context: UpgradeContext) -> None:
    """First seed and number of seeds, remembered for the crawls."""
    seeds = (workflow.get("config") or {}).get("seeds")
    if seeds and (workflow.get("firstSeed") is None or workflow.get("seedCount") is None):
        workflow["firstSeed"], workflow["seedCount"] = seeds[0].get("url", ""), len(seeds)
    context.seeds[workflow["_id"]] = workflow.get("firstSeed"), workflow.get("seedCount")


def drop_content_check(workflow: Document, _context: UpgradeContext) -> None:
    """A crawl can fail on content only where a profile logs in."""
    config = workflow.get("config")
    if config and config.get("failOnContentCheck") and workflow.get("profileid") is None:
        config["failOnContentCheck"] = False


def drop_proxy(workflow: Document, _context: UpgradeContext) -> None:
    """The profile decides the proxy where there is one."""
    if workflow.get("profileid") is not None and workflow.get("proxyId") is not None:
        workflow["proxyId"] = None
