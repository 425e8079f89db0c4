"""The questions of the tour, as a trader would ask them; a function without one is introduced by what it answers."""

from __future__ import annotations

QUESTIONS: dict[str, str] = {
    "BOOK_MARGIN": (
        "I am short five $5 put spreads of one week and five $5 call spreads of the next. What do all of them require together?"
    ),
    "COVERED_MARGIN": (
        "I sold a stock short at 255; it stands at 253, and I write a 250 put on it at 3. What does the exchange require at first?"
    ),
    "CUSHION": "My account is worth 91,448, of which 36,246 is excess liquidity. How far is it from being liquidated?",
    "EXPIRY_MARGIN": (
        "The same put and call spreads: what does each expiry require, and how many $5 spreads may be added on its light side for nothing?"
    ),
    "FIRST_SLOTS": "An account of 100,000 wants room for five parachutes. How many slots may the first position have?",
    "IMPLIED_VOL": "A call at the money with a year to go costs 7.97 on a forward of 100. What volatility is that?",
    "KELLY": "A coin lands my way 53 times in 100 and pays even money. Which share of the account makes it grow fastest?",
    "KELLY_MULTI": "A coin pays 2 for 1. Which share of the account makes it grow fastest?",
    "MARGIN_BOOK": "Which rule books are there, from which day on do they answer, and which one does a blank mean?",
    "MARGIN_COMPARE": "Five $5 put spreads of one ES expiry are on. What do five call spreads of the next take beside them: under SPAN, and as SPX?",
    "MARGIN_EXPLAIN": "One uncovered call: by which rule and which sum does its requirement come about, and who says so?",
    "MARGIN_HELP": "How is SLOTS written, and what do its arguments mean?",
    "MARGIN_IMPACT": (
        "I hold five $5 put spreads of this week. What do five $5 call spreads of next week add to requirement and deposit?"
    ),
    "MARGIN_STRESS": "A stock at 17.40 and a 20 call sold at 0.65: where do requirement and cushion go if it moves by a quarter?",
    "MARGIN_WHY": "Why is it 315 and not 239? The working of one cell in words: the greatest of three tests, and which one bound.",
    "MAX_CONTRACTS": (
        "Five put spreads are on, and 1,000 is available. How many call spreads of the same expiry may be added before it runs out?"
    ),
    "NAKED_DEPOSIT": "A stock at 17.40, the 20 call sold at 0.65: how much of my own money does that tie up?",
    "NAKED_MARGIN": (
        "Does anyone really understand margin? A stock at 17.40, the 20 call sold at 0.65: what does the broker require?"
    ),
    "OPTION_FORWARD": "SPX call and put of one strike stand at 21.66 and 22.55. What forward do they imply, no dividend asked?",
    "OPTION_PRICE": "A call at the money, a year to go, at a volatility of 20 %: what is it worth?",
    "PARACHUTES_FIT": "I write six slots in an account of 100,000. How often may I be assailed, buy out and sell twice as many, before margin runs out?",
    "PARACHUTE_DEPLOY": "Stopping now costs a sixteenth of the account. Up to which chance of being assailed again is one more parachute worth it?",
    "PARACHUTE_KELLY": "One parachute, sold at 1, bought out at 2.50, and a tenth less risk than prices say: which share of the account do I write?",
    "PARACHUTE_ODDS": "Six slots at 1, bought out at 2.50, one parachute: how likely is ruin, and what does a campaign bring on average?",
    "PARACHUTE_SCHEDULE": "Six slots at 1, bought out at 2.50, five parachutes: what stands, what is in cash and what is margin at each level?",
    "PORTFOLIO_GRID": "10,000 shares of IBM: what do they gain and lose at the ten points of portfolio margin?",
    "PORTFOLIO_MARGIN": "A long straddle of 100 calls and 100 puts on IBM: what does portfolio margin require of what cannot lose at any point?",
    "ROLL_CREDIT": "A spread is bought out at 2.50 and twice as many are sold, at 1.10 a leg. What must each bring so that the roll is revenue-neutral?",
    "ROLL_STRIKE": "The underlying touches my short strike at 5,000, a week before expiry. Where do I sell twice as many for the same money?",
    "SLOTS": "How many $5 spreads does an account of 100,000 hold on one side?",
    "SPAN_MARGIN": "One long ES future: what does SPAN require, of what is it made up, and how far can the figure be trusted?",
    "SPAN_SCENARIOS": "One short ES future: what does it lose in each of SPAN's 16 scenarios, and which one binds?",
    "SPREAD_MARGIN": "Five SPX put spreads, short 3,800 and long 3,795: what do they require?",
    "STRANGLE_MARGIN": "A short straddle on a broad index at 433.35, both options struck at 435: what does the exchange require?",
    "TOUCH_PROBABILITY": "How likely does a stock at 100 touch 90.48 within a quarter, at a volatility of 20 %?",
}
