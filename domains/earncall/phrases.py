"""What is said on calls: industries with their segments and topics, and sentences with blanks.

Blanks: {seg} a segment with {segrev}, {segold} and {segmove} its figures; {theme} what is talked about; {region};
{a} an amount of money; {p}, {r} percentages; {bp} basis points; {n} a count; {q}, {next} periods; {who} a first name.
"""

from __future__ import annotations

INDUSTRIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Semiconductors": (
        ("Automotive", "Industrial Power", "Data Center", "Connectivity"),
        ("lead times at our foundry partners", "the silicon carbide ramp", "advanced packaging yields",
         "channel inventory",
         "design wins in electric vehicles", "utilization of the 300-millimeter fab", "export licenses",
         "memory pricing"),
        ("Microsystems", "Semiconductor", "Photonics", "Devices"),
    ),
    "Retail": (
        ("Home", "Outdoor", "Children's Wear", "Online Marketplace"),
        ("same-store traffic", "shrink", "private label penetration", "the spring collection", "markdowns",
         "store refits",
         "same-day delivery", "the loyalty program"),
        ("Stores", "Retail", "Brands", "Outfitters"),
    ),
    "Shipping": (
        ("Container", "Dry Bulk", "Tankers", "Terminals"),
        ("spot rates on the Asia route", "the detours around the Cape", "the order book of methanol vessels",
         "bunker costs",
         "port congestion", "charter coverage", "scrapping of older tonnage", "emission allowances"),
        ("Lines", "Maritime", "Shipping", "Ocean Carriers"),
    ),
    "Biotechnology": (
        ("Rare Diseases", "Oncology", "Vaccines", "Diagnostics"),
        ("enrollment in the pivotal trial", "payer coverage", "the biosimilar threat", "the filing in Japan",
         "cold-chain costs",
         "gross-to-net adjustments", "the launch in pediatric patients", "manufacturing yields"),
        ("Therapeutics", "Biosciences", "Pharma", "Genomics"),
    ),
    "Software": (
        ("Subscriptions", "Payments", "Professional Services", "Security"),
        ("net revenue retention", "seat expansion", "usage-based pricing", "the migration to the cloud",
         "sales productivity",
         "churn among small customers", "the assistant we launched in spring", "federal contracts"),
        ("Software", "Systems", "Cloud", "Data"),
    ),
    "Utilities": (
        ("Networks", "Generation", "Retail Supply", "Renewables"),
        ("the regulator's draft determination", "interconnection queues", "the hydro reservoirs",
         "hedging for the winter",
         "bad debt", "the offshore wind auction", "smart meter installation", "wildfire mitigation"),
        ("Energy", "Power", "Utilities", "Grid"),
    ),
    "Mining": (
        ("Copper", "Gold", "Zinc", "Nickel"),
        ("head grades at the new pit", "diesel and explosives costs", "the tailings expansion", "treatment charges",
         "royalty negotiations", "haul truck availability", "the water permit", "provisional pricing"),
        ("Mining", "Resources", "Metals", "Minerals"),
    ),
}  # fmt: skip
THEMES = (
    "pricing", "wage inflation", "currency headwinds", "working capital", "the buyback", "tariffs", "hiring",
    "the tax rate",
    "the integration of the business we bought last year", "competition", "energy costs", "customer behavior",
)  # fmt: skip
REGIONS = (
    "North America", "Germany", "the Nordics", "Iberia", "Japan", "Southeast Asia", "Brazil", "the Gulf", "the U.K.",
    "India",
    "Central Europe", "Mexico",
)  # fmt: skip
FIRMS = (
    "Aldgate Partners", "Banque Vauquelin", "Kestrel & Lowe", "Meridian Securities", "Norrland Markets",
    "Castellan Bank",
    "Whitcombe Research", "Société Arvernes", "Pine Harbor Capital", "Okura Securities", "Thornbury Gold",
    "Van der Hoeven",
    "Ostmark Equity", "Bluewater Advisors", "Lindqvist Bank", "Rialto Capital", "Greyfriars", "Tanager Research",
)  # fmt: skip
MUTED = "All lines are on mute until the question-and-answer session. [Operator instructions]"
FAREWELL = "Thank you all, and we look forward to speaking to you after {next}."
SAFE_HARBOR = (
    "Before we begin, let me remind you that today's remarks contain forward-looking statements that involve risks and "
    "uncertainties.",
    "Actual results may differ materially, and we undertake no obligation to update these statements.",
    "We will also refer to non-GAAP measures; the reconciliation is in the press release on our website.",
)
OPENING = (
    "Good {day}, everyone, and thank you for joining us.", "{q} was a solid quarter for us.",
    "Revenue came in at {rev}, {updown} {grow} from {oldrev} a year ago.",
    "{seg} was once again the standout, with revenue of {segrev} against {segold} in the prior-year period.",
    "I want to thank our {people} for what they achieved in a quarter that was anything but easy.",
)  # fmt: skip
STRATEGY = (
    "Let me start with {theme}, because it is what most of you have asked about.",
    "In {region}, we added {n} customers and kept all of the large ones.",
    "We said a year ago that {theme} would take time, and it has; but the direction is now clear.",
    "Our investment in {seg} is running {p} below budget.",
    "{seg} {segmove}, and {region} did better than that.",
    "The project in {region} is on schedule and will be finished by {next}.",
    "I would rather be honest about {theme}: we were late to it.",
    "Customer satisfaction in {seg} rose to {p}, the highest we have measured.",
    "We signed a framework agreement in {region} worth up to {a} over five years.",
    "Safety comes first here, and the rate of recordable injuries fell by {p}.",
    "{who} will take you through the numbers in a moment, but the headline is that the plan works.",
    "None of this changes how we think about {theme}.",
)  # fmt: skip
FINANCE = (
    "Thank you, {ceo}, and good {day}.", "Total revenue for {q} was {rev}, {updown} {grow} year over year.",
    "{seg1} contributed {rev1}, {seg2} {rev2}, and {seg3} {rev3}.",
    "Gross profit was {gp}, which is a gross margin of {gm}.",
    "Operating expenses came to {opex}, so operating income was {oi}.",
    "Net income was {ni}, or {eps} per diluted share on {shares}.",
    "Capital expenditure was {capex}, and we ended the quarter with net cash of {cash}.",
    "Turning to guidance, for {next} we expect revenue between {low} and {high}.",
    "We expect gross margin to be about {gmnext}, within {bp} either way.",
    "The board has declared a dividend of {div} per share.",
)  # fmt: skip
ASKS = (
    "Thanks for taking my question.", "Good {day}, and congratulations on the quarter.",
    "Hi, thanks for squeezing me in.",
    "Thank you very much.", "Yes, hi, good {day}, all.", "Great, thank you, operator.", "Hey, guys.",
    "Maybe two from my side.",
)  # fmt: skip
QUESTIONS = (
    "Could you talk a little more about {theme} in {seg}?",
    "How should we think about {theme} as we go into {next}?",
    "You mentioned {theme} in the prepared remarks; is that specific to {region}, or is it broader?",
    "If I back out {seg}, the rest of the group looks closer to {p}; is that the right way to read it?",
    "Can you help us to size {theme}, say in basis points of margin?",
    "What would have to happen in {region} for you to change your mind on {theme}?",
    "On {seg}, {segrev} was ahead of what I had; how much of that was pulled forward from {next}?",
    "I wanted to ask about {theme}, and whether {region} behaves differently.",
    "Is {theme} now behind you, or should we still model a drag in {next}?",
    "{who}, you spoke of {theme} at the capital markets day; where are you against that target?",
    "The release says that {seg} {segmove}; could you split that into price and volume?",
    "How much of the {a} you set aside for {theme} has been spent?",
)  # fmt: skip
FOLLOW = (
    "And just a quick follow-up on {region}.", "And then, {who}, on {theme}, any color would help.",
    "And is {p} still the right number for the full year?", "I'll leave it there -- thanks.", "Thank you.",
    "And what is the lag between {theme} and what we see in {seg}?", "That's all from me.",
)  # fmt: skip
STARTS = (
    "Sure, {asker}.", "Thanks for the question, {asker}.", "Yeah, so let me take that one.", "It's a fair question.",
    "Let me start, and then {who} may want to add something.", "Well, {asker}, I would separate two things.",
    "Yes, good to hear from you.", "Look, I would not over-interpret one quarter.", "Happy to.", "So on {theme} --",
)  # fmt: skip
ANSWERS = (
    "In {seg}, {theme} cost us roughly {bp} of margin, and most of it in {region}.",
    "We see {theme} easing from {next} on, but we have not put that into our numbers.",
    "About {p} of the book in {seg} is already contracted.",
    "{region} is only {r} of group revenue, so please keep it in proportion.",
    "We took prices up by {p} in {seg}, and volumes held.",
    "If you look at {seg}, revenue was {segrev} compared with {segold} last year.",
    "{seg} {segmove}, as you see in the release.",
    "We spent {a} on {theme} in {q}, and I would expect something similar in {next}.",
    "There are {n} people working on {theme} today; a year ago it was half of that.",
    "Honestly, {theme} has surprised us, and not in a good way.",
    "The comparison gets easier in {next}.", "I would not extrapolate {region}.",
    "On {theme}, nothing has changed since we last spoke.",
    "We have moved {n} customers in {region} over to the new terms.",
    "The payback is under {n2} months, which is better than what we promised.",
    "We had a one-off of {a} in {seg} that will not come back.", "Mix helped by {bp} or so.",
    "So the short answer is no.",
    "It depends on {region} more than on anything else.",
    "In {region} we are still gaining share, maybe {bp} a quarter.",
    "Our assumption for {theme} is {p}, and {who} has built in some room.",
    "We think the {theme} question will be settled by {next}.",
    "{seg} has its own dynamics, of course.", "We are comfortable with the range of {low} to {high}.",
    "When we talk to customers in {region}, {theme} is the first thing they bring up.",
    "Inventory days are at {n3}, and we'd like that to be lower.",
    "We're hedged for about {p} of that.", "I don't want to get ahead of the board on {theme}.",
    "We would be disappointed if {seg} did not reach {p} over time.",
    "As for {theme}, the team in {region} has done a remarkable job.",
    "You will see that in the {next} numbers, not before.", "And that is before any help from {theme}.",
    "The order book in {seg} stands at {a}, which is a record.", "We closed {n2} sites in {region} and opened none.",
    "Churn in {seg} was {r}, so broadly where it was.", "If anything, {theme} is a tailwind of {bp} now.",
    "We walked away from {a} of business in {region} because the price was wrong.",
    "What we can control is {theme}, and there we are on plan.",
    "The honest range is wide -- anything between {r} and {p}.", "We don't guide on {theme}, as you know.",
    "It took us {n2} weeks longer than planned, and that is behind us.", "Cash conversion was {p}, helped by timing.",
)  # fmt: skip
ENDS = (
    "Does that help?", "I hope that answers it.", "{who}, anything to add?", "So we remain confident.",
    "We'll leave it there for today.",
    "More on that when we report {next}.", "That's really all I can say at this stage.",
)  # fmt: skip
NEXT = (
    "Our next question comes from {name} of {firm}.", "The next question is from the line of {name} with {firm}.",
    "We will now take a question from {name}, {firm}.", "Next we go to {name} at {firm}. Your line is open.",
    "And our next question comes from {name} with {firm}. Please go ahead.",
)  # fmt: skip
