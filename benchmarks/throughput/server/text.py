"""What a lead looks like on the wire: some 2 kB, every member that the API documents for it.

Whoever decodes leads has to do so for all kinds of values, so none is left out because it is dull:
nulls, nested objects, numbers, times, text beyond ASCII, and variables with keys of the users'.
Sentences differ from lead to lead, or a file of them would be smaller than any real one.
"""

from itertools import product

INDUSTRIES = ("Steel", "Paper", "Glass", "Rope", "Salt", "Timber", "Wool", "Copper")
_PLACES = ("harbour", "mill", "quarry", "forge", "kiln", "loom", "press", "yard", "depot", "shed")
_DEEDS = ("weighs", "sorts", "ships", "stores", "counts", "cuts", "dries")
_WHEN = ("by night", "in June", "twice a week", "on Mondays", "when it rains", "for nobody")
_SENTENCES = tuple(
    f"An invented {place} {deed} {thing.lower()} {when}, né d’un essai."
    for place, deed, thing, when in product(_PLACES, _DEEDS, INDUSTRIES, _WHEN)
)
_MORE = (
    ("companySize", "40 to 60"),
    ("City", "Exempelstad"),
    ("country_code", "XX"),
    ("techStack", "looms, kilns, presses"),
    ("lastFunding", "2024-05"),
    ("openRoles", "12"),
    ("Quarter", "Q4"),
    ("signal", "wrote about rope"),
    ("Referrer", "nobody"),
    ("caseStudy", "https://cases.example/rope-and-salt"),
    ("linkedIn", "https://people.example/in/nobody"),
)
_PAYLOADS = tuple(
    ",".join(f'"{key}":"{value}"' for key, value in _MORE[:count]) for count in range(5, 12)
)
"""What follows the first four variables: 9 to 15 in all."""


def lead(
    place: int,
    *,
    identifier: str,
    workspace: str,
    campaign: str,
    created: str,
    contacted: str,
    opens: int,
) -> str:
    """A lead as JSON text.

    Args:
        place: its number in the workspace, which decides whatever is not given.
        identifier, workspace, campaign: ids.
        created, contacted: times as the API writes them.
        opens: how often it opened a mail.
    """
    company = place % 9973
    step, variant = place % 3, place % 2
    one, two, three, four, five, six = (
        _SENTENCES[place * factor % len(_SENTENCES)] for factor in (1, 7, 31, 101, 733, 1009)
    )
    return (
        f'{{"id":"{identifier}","timestamp_created":"{created}","timestamp_updated":"{created}",'
        f'"organization":"{workspace}","campaign":"{campaign}","status":{1 + place % 3},'
        f'"email":"lead.{place}@company-{company}.example",'
        f'"personalization":"{one} {two} {three}","website":"https://company-{company}.example",'
        f'"first_name":"Æsop {place % 89}","last_name":"Lead-{place}",'
        f'"company_name":"Company {company}","company_domain":"company-{company}.example",'
        f'"job_title":"Head of {INDUSTRIES[place % 7]}","phone":"+00 000 {place:07}",'
        f'"email_open_count":{opens},"email_reply_count":{place % 2},"email_click_count":0,'
        f'"status_summary":{{"lastStep":{{"from":"campaign","stepID":"0_{step}_{variant}",'
        f'"timestamp_executed":"{contacted}"}}}},'
        f'"payload":{{"Industry":"{INDUSTRIES[place % 8]}","Headline":"{four}",'
        f'"painPoint":"{five}","ownerNote":"{six}",{_PAYLOADS[place % 7]}}},'
        f'"status_summary_subseq":{{}},"last_step_from":"campaign",'
        f'"last_step_id":"0_{step}_{variant}","last_step_timestamp_executed":"{contacted}",'
        f'"email_opened_step":{step},"email_opened_variant":{variant},'
        f'"email_replied_step":null,"email_replied_variant":null,'
        f'"lt_interest_status":{place % 3},"verification_status":1,"pl_value_lead":"{place % 500}",'
        f'"timestamp_last_contact":"{contacted}","timestamp_last_open":"{contacted}",'
        f'"timestamp_last_touch":"{contacted}","enrichment_status":1,"list_id":null,'
        f'"last_contacted_from":"sender-{place % 40}@mail.example",'
        f'"uploaded_by_user":"{workspace}","upload_method":"api","assigned_to":null,'
        f'"is_website_visitor":false,"esp_code":{1 + place % 3},"esg_code":0}}'
    )
