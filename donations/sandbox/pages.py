"""The HTML of the payment page."""

import html
from string import Template

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title – Stripe sandbox</title>
<style>
:root { color-scheme: light dark; --ink: light-dark(#1a1f36, #e8eaf2); --soft: light-dark(#5a6079, #a9b0c6);
  --paper: light-dark(#fff, #1d2233); --ground: light-dark(#f2f4f8, #12151f); --line: light-dark(#8d93a8, #6b7390);
  --brand: #5347d6; --bad: light-dark(#a8152b, #ff9aa8); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
.banner { margin: 0; padding: .5rem 1rem; background: #ffd75e; color: #2b2200; text-align: center; font-weight: 600; }
main { max-inline-size: 27rem; margin: 1.5rem auto; padding: 1.5rem; background: var(--paper); border-radius: .75rem;
  box-shadow: 0 1px 12px rgb(0 0 0 / .1); }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
.for { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere; }
label { display: block; margin-block-start: .9rem; font-weight: 600; }
input { inline-size: 100%; min-block-size: 2.9rem; margin-block-start: .25rem; padding: .5rem .75rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .4rem; }
input[readonly] { border-style: dashed; }
::placeholder { color: var(--soft); opacity: 1; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button { inline-size: 100%; min-block-size: 3rem; margin-block-start: 1.25rem; font: inherit; font-weight: 600;
  color: #fff; background: var(--brand); border: 2px solid var(--brand); border-radius: .4rem; cursor: pointer; }
button.quiet { color: var(--ink); background: transparent; border-color: var(--line); }
a { color: inherit; }
:focus-visible { outline: 3px solid #2d8cff; outline-offset: 2px; }
.problem { margin: 0 0 1rem; padding: .75rem; border-inline-start: .3rem solid var(--bad); color: var(--bad);
  font-weight: 600; }
.hint { color: var(--soft); font-size: .9rem; }
</style>
</head>
<body>
<p class="banner">Stripe sandbox – no real money</p>
<main>
$body
</main>
</body>
</html>
""")
PAY = Template("""<h1>$amount</h1>
<p class="for">$product</p>
$notice
<form method="post" action="$action">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" required value="$email" $fixed>
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" required
 placeholder="4242 4242 4242 4242">
<div class="pair">
<div><label for="expiry">Expiry</label>
<input id="expiry" name="expiry" autocomplete="cc-exp" required placeholder="MM / YY"></div>
<div><label for="cvc">CVC</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required placeholder="CVC"></div>
</div>
<label for="name">Name on card</label>
<input id="name" name="name" autocomplete="cc-name" value="$name">
<button type="submit">$button $amount</button>
</form>
$debit
<p class="hint">Pays: 4242 4242 4242 4242. Asks the bank: 4000 0027 6000 3184. Declined: 4000 0000 0000 0002. Pays and
is disputed: 4000 0000 0000 0259. Any later month, any three digits. Never type a real card here.</p>
$back""")
PORTAL = Template("""<h1>Your card</h1>
<p class="for">For $email</p>
$notice
<form method="post" action="$action">
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" required
 placeholder="4242 4242 4242 4242">
<div class="pair">
<div><label for="expiry">Expiry</label>
<input id="expiry" name="expiry" autocomplete="cc-exp" required placeholder="MM / YY"></div>
<div><label for="cvc">CVC</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required placeholder="CVC"></div>
</div>
<button type="submit">Save this card</button>
</form>
<p class="hint">Pays: 4242 4242 4242 4242. Is declined when it is charged: 4000 0000 0000 0341. Never type a real card
here.</p>
$back""")
DEBIT = Template("""<h1>$amount</h1>
<p class="for">$product</p>
$notice
<form method="post" action="$action">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" required value="$email" $fixed>
<label for="account">Account number</label>
<input id="account" name="account" autocomplete="off" required>
<label for="name">Name of the account's holder</label>
<input id="name" name="name" autocomplete="name" required value="$name">
<button type="submit">Debit $amount</button>
</form>
<p class="hint">$numbers Never type a real account here.</p>
$back""")
BANK = Template("""<h1>$amount</h1>
<p class="for">3-D Secure: your bank asks whether it is you who pays.</p>
<form method="post" action="$action">
<button type="submit" name="outcome" value="complete">Complete</button>
<button type="submit" name="outcome" value="fail" class="quiet">Fail</button>
</form>""")
NOTICE = Template('<p class="problem" role="alert">$problem</p>')
ENDED = Template("""<h1>$title</h1>
<p>$text</p>
$link""")


def escaped(text: str) -> str:
    return html.escape(text, quote=True)
