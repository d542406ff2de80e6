"""Two hundred messages as phones receive them today: everyday ones and scams, of several kinds each.

They were written by the authors of this project in November 2026. None was sent or received by anybody. Names, banks
and shops are made up, addresses are those reserved for examples, and so are most telephone numbers. Licence: as the
project's. They show what the messages of 2004 to 2006 in `sms.py` lack, and measure nothing about real traffic.
"""

# ruff: noqa: E501, RUF001

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

EVERYDAY = {
    "one-time code": """
482913 is your Northbank verification code. Do not share it with anyone. We will never call to ask for it.
Your login code is 7731. It expires in 10 minutes.
G-550218 is your verification code.
Use code 904 117 to confirm your new device. If this wasn't you, change your password in the app.
<Chatty> Your code: 318-420. Don't share this code with others
Your one-time passcode for the payment of £64.20 to BRIGHTON CYCLES is 209384. Never share this code, not even with Northbank.
Two-factor code for mail.example.com: 66 20 91. Valid for 5 min.
Staff portal: your security code is 883017. Requested from Leeds, UK.
Your tax account access code is 550143. It expires in 15 minutes. Do not give this code to anyone.
Enter 4821 to finish signing up for GreenRide. Reply STOP to opt out.
A new sign-in on Windows, Manchester. If it was you, no action is needed.
Patient app: 271 904 is your security code. It can be used once.
""",
    "bank": """
Northbank: your balance on a/c ending 4471 at 08:00 today was £312.88.
You spent £12.40 at CORNER COFFEE with your card ending 0921. Available balance £487.10.
Your salary of £1,984.50 has arrived in your current account.
Reminder: your credit card payment of £45.00 is due on 28 Nov. You pay by direct debit, so you don't need to do anything.
You sent £25 to Priya S. Ref: dinner.
Priya S paid you £18.50 for 'taxi'. Your new balance is £103.22
Did you just try to spend £219.00 at ELECTROMART? Reply Y if this was you or N if not.
Thanks, we've confirmed that payment. You can try it again now. Northbank
Your statement is ready. Log in to the app the usual way to see it.
Low balance alert: your account ending 4471 is below £50. Payments due tomorrow: £61.99.
Your standing order of £650.00 to J Harris (rent) will leave your account on 1 Dec.
Your new card is on its way and should arrive in 5 working days. You can use it in your phone now.
Cash withdrawal of 80.00 EUR at Roma Termini. That is £69.14 at today's rate, no fee.
""",
    "receipt": """
Thanks for shopping at Leaf & Co! Your order #20481 of £34.97 is confirmed.
Your receipt from Luigi's: 2 items, total £21.00, paid by card. Thank you!
Parking paid: zone 4021, 14:05 to 16:05, £3.80, plate AB12 CDE.
Top-up successful. £10 has been added to your travel card.
Refund of £15.99 for order 88213 has been issued. It can take 3-5 days to reach your card.
Your subscription to StreamBox renewed for £7.99. Next payment 29 December.
Thank you for your donation of £10 to the Hill Road food bank.
E-ticket: Leeds to York, 18 Nov 09:12, coach C seat 41. Collection ref 7TKX2P.
Your order is ready to collect at the Oxford Road store until Friday 8pm. Bring this code: 4407
""",
    "delivery": """
Your parcel from Leaf & Co will be delivered today between 13:12 and 14:12 by Marek.
Parcelway: we've left your package with your neighbour at number 14.
Your driver is 5 stops away. Track it at https://track.example.com/p/8K2LQ
Sorry we missed you! Your parcel is at the post office on Mill Lane. Bring ID and the card we left.
Your groceries will arrive between 6pm and 7pm tonight. 2 substitutions: see your email.
Delivered: your parcel was left in the porch at 11:48. Photo: https://track.example.com/ph/22910
Your food is on its way! Ahmed is riding to you and should arrive at 19:35.
The delivery of your sofa is booked for Tue 2 Dec, 7am-11am. Please make sure there is space to park.
Your return has been received at our warehouse. We'll email you when it's processed.
Collect your parcel from locker 'Station Road' with code 615 903 within 3 days.
Order update: 1 item is out of stock and will ship next week. No need to do anything.
""",
    "appointment": """
Reminder: you have an appointment with Dr Osei on Thu 4 Dec at 10:20. To cancel reply CANCEL.
Your dental check-up is due. Please call the practice on 01632 960114 to book.
Hill Surgery: your blood test results are back and normal. No further action needed.
Your prescription is ready to collect at the High Street pharmacy until 6pm.
You are invited for your flu vaccination. Book online at https://surgery.example.org/flu or ring us.
Hi Sam, confirming your haircut with Jo on Saturday at 2. See you then!
MOT reminder: your car AB12 CDE is due by 14 January. Call us on 01632 960877 to book it in.
The vet can see Biscuit at 5.15 today. Please bring the insurance form.
Your video consultation starts in 15 minutes. Join here: https://clinic.example.org/room/5521
Hospital reminder: eye clinic, level 2, Mon 8 Dec 08:40. You may not be able to drive home.
Your boiler engineer is booked for tomorrow between 8 and 12.
Physio moved to Wednesday 3pm, is that ok? Reply YES to confirm.
""",
    "school": """
Oakfield School: due to snow the school is closed today. Work is on the portal.
Dear parent, Maya was absent from registration this morning. Please ring the office on 01632 960233.
Reminder: Year 4 trip tomorrow, packed lunch and wellies please. Back at 3.30.
Parents' evening bookings open at 6pm tonight at https://oakfield.example.org/evening
Nursery: Leo has a temperature of 38.2, can someone come and collect him please?
School dinner account: Maya's balance is £2.35. Please top up before Monday.
Your library books are due back on Friday. Renew them in the app or at the desk.
Exam timetable for Jan is now online, check your student email. Room for CS201 changed to B14.
""",
    "family": """
Can you pick up milk and nappies on the way home? Love you x
Mum's out of hospital!! She's tired but fine, ring her after 6
dad can you send me 20 quid for the bus pass pls, will pay back sat
Happy birthday nan!! 🎂🎉 video call at 7?
lol the dog ate the whole pizza 😂😂 nothing left for us
What's the wifi password again? Visitors asking
We landed, waiting for bags. Gate was miles away. Home about 10
Just seen your msg, phone was on silent. Shall I still come round?
Did you turn the oven off?
New phone, same number, all my photos made it over 😊
Leo lost his first tooth!!! Tooth fairy rates these days??
Grandad says thanks for setting up his tablet, he's been watching cricket all day
Running 10 late, traffic on the ring road is awful
""",
    "work": """
Morning all, stand-up moved to 9:45 today, same link
can you review my PR when you get a sec? tests are green now
Rota is up. You're on earlies Mon-Wed, late Thu. Shout if you need to swap
Client loved the deck 👍 small changes on slide 7, I'll do them tonight
Server's back up, it was the certificate again. Postmortem at 2
I'm wfh tomorrow, plumber coming. On Teams as usual
Anyone free to cover Saturday 7-3? Time and a half
Please submit your timesheet by noon so payroll can run. Thanks, HR
Fire drill at 11, don't panic 😅
Got the signed contract back from legal, sending the invoice today
Thank you for your application. We'd like to invite you to an interview on 9 December at 14:00.
Your shift tomorrow at store 118 starts at 06:00. See the app for details.
""",
    "calendar": """
Reminder: Board games at Nina's, today 19:30, 12 Elm Road
Invitation: 1:1 Tom / Ana @ Tue 2 Dec 15:00 - 15:30 (GMT)
You have 2 events tomorrow: Dentist 08:30, Swimming (Maya) 16:15
Bin day tomorrow: recycling and garden waste.
Book club is now on the 11th, we're doing the short one by the Danish author
Match cancelled, pitch is waterlogged. Training Thursday as normal
Reminder: council tax payment date is the 1st. Nothing to do if you pay by direct debit.
""",
    "friend's link": """
this is the recipe i was on about https://food.example.net/miso-aubergine
have you seen this?? https://video.example.com/watch?v=9dk2 the cat at 0:45 😹
Flat we're viewing on Sat: https://homes.example.com/listing/88120 what do you think
My location for the next hour: https://maps.example.com/s/ab93k
Playlist for the road trip, add stuff! https://music.example.com/p/roadtrip
photos from the wedding are here https://photos.example.org/a/nina-tom password is confetti
doodle for the reunion https://poll.example.net/r7 fill it in by sunday pls
selling my bike on here if you know anyone https://market.example.com/i/40021
""",
    "other language": """
Bonjour, tu viens demain soir ? On mange vers 20h chez Léa.
Ihr Paket kommt heute zwischen 14 und 16 Uhr.
Tu código de verificación es 402 118. No lo compartas con nadie.
Mama, ik ben er om zes uur, eten jullie al?
Cześć, spóźnię się 15 minut, korki straszne
आज शाम को घर कब आओगे? खाना बन गया है
我到了,在门口等你
Привет! Завтра встреча в 10, не забудь документы
Selam, yarın saat 3'te kafede buluşalım mı? ☕
Oggi non ce la faccio, ci sentiamo domani. Un bacio!
""",
    "travel": """
Your flight NX204 to Lisbon is delayed by 50 minutes. New departure 17:25, gate 22.
Check-in is open for your flight on 30 Nov. Boarding pass in the app.
Your taxi is outside: grey Toyota, reg LM19 XYZ.
Strike notice: no trains on this line on Saturday 6 December. Your ticket is valid on Sunday.
Welcome to Spain! Calls, texts and data work as at home. Emergency number: 112.
You've used 80% of your 10GB data allowance. It resets on 3 December.
Hi, it's Carla, your host. The key box code is 2580, wifi is on the fridge. Enjoy your stay!
Power cut in your area: engineers expect it back by 21:30. Sorry for the trouble.
Your meter reading is due. Reply with the 5 black digits or use the app.
Table for 4 booked at Saffron, Fri 28 Nov 19:30. Reply C to cancel.
""",
    "community": """
Hill Road Bakery: we're closed on Monday, back on Tuesday at 7. Pre-order your Christmas loaf in the shop.
Your gym class Spin 45 at 18:30 is confirmed. Cancel up to 2 hours before.
Polling stations are open until 10pm today. Yours is Hill Road Church Hall. Bring photo ID.
Flood warning for the River Aire at Leeds. Move your car and follow local news. Floodline 0345 988 1188
You're through to give blood on Sat 13 Dec, 11:10. Eat well and drink plenty before.
""",
}

SCAMS = {
    "parcel fee": """
Your parcel could not be delivered because of an unpaid fee of £1.99. Pay now: https://parcel-fee.example.com/uk
Parcelway: your package is held at our depot. Confirm your address within 24 hours: parcelway.example.net/c/77
Customs: a charge of 2.45 is due on your shipment GB88120. Settle it at https://customs.example.org/pay or it will be returned.
We tried to deliver at 11:32 but nobody was in. Rebook here for £0.99 https://redelivery.example.com
Dear customer, your delivery address is incomplete. Update it here: https://post.example.net/upd8
USP: your item arrived at the warehouse and cannot be sent on, house number missing. example.org/usp-uk
Final notice: parcel 00340 will be destroyed if the fee of £1.45 isn't paid today. https://pay.example.net/00340
Ihr Paket wird zurückgeschickt. Bitte zahlen Sie 1,99 EUR Zollgebühr: https://zoll.example.org/de
""",
    "bank block": """
Northbank ALERT: your account has been suspended. Verify your details at https://northbank-secure.example.com
A new payee MR J COLE was added to your account. If this was NOT you visit https://cancel-payee.example.net now
Unusual sign-in. Your card will be blocked today. Call our fraud team on 0808 157 0192 immediately.
This is the Northbank fraud department. A payment of £899 is pending. To stop it reply with the code we just sent you.
Your mobile banking access expires today. Renew it: https://nb.example.org/renew
Security notice: we've restricted your online banking. Restore access within 12 hours https://restore.example.com/nb
Your account was used for a payment of £1,240.00 in Bucharest. Not you? Log in here https://stop.example.net
Please move your money to the safe account we opened for you. Sort code 00-00-00. Your adviser, Mark, fraud team
Your payment wallet is limited. Confirm identity at wallet-check.example.org to lift it.
""",
    "new number": """
Hi mum, I dropped my phone in the toilet, this is my new number. Can you text me on it please x
Hey dad its me, phone broke, using a friends. Can you message me on whatsapp 07700 900412
Mum are you busy? My bank app is locked on the new phone and I need to pay a bill today, can you help
Hi Dad, saved my new number yet? Old one isn't working any more. Need a small favour when you're free
Hello mum, my phone is lost. Delete the old number and text me here, it's urgent
Grandma it's me, I had an accident with the car. Please don't tell mum. Can you send money for the lawyer?
mama mein handy ist kaputt, das ist meine neue nummer, schreib mir bitte auf whatsapp
""",
    "crypto": """
Hi, I'm Emily from the trading group. Our members made 340% with BTC this month. Join the channel for free signals
Your wallet holds 1.274 BTC unclaimed from 2021. Withdraw before it expires: https://coin.example.com/claim
Founder's giveaway: send 0.1 ETH and get 0.2 back. Only today! https://eth.example.org
I turned £250 into £4,800 in 9 days with this AI trading bot. Ask me how, no experience needed
CoinSafe: a withdrawal of 0.53 BTC was requested. If it wasn't you call 01632 960555 now
Login: user kim88, password 7712. Balance 1,208,400 USDT. Please keep it for me, I can't withdraw alone: fx.example.net
Limited: pre-sale of the new token starts tonight, guaranteed x10. Whitelist here t.example.com/presale
""",
    "job offer": """
Hello, I'm Laura from a recruitment agency. Part-time remote job, £80-£300 a day, 1 hour of work. Interested? Reply YES
Your CV has been recommended to us. Like videos at home and earn £150 daily. Contact me on WhatsApp +44 7700 900121
We're hiring product testers! No experience, paid daily in USDT. Message our manager on Telegram @easyjobs
Hi dear, do you want an online job rating hotels? Salary 500 a week, you need to be 23+. Add me
Amazing opportunity: work from your phone 60 min a day. We have 5 places left in your city.
Good day, HR of a large store here. We saw your profile and offer data entry at £35/h. Small deposit for equipment required.
Good morning! Are you still looking for work? I can offer flexible tasks, commission is paid the same evening
""",
    "QR and parking": """
Unpaid parking charge on AB12 CDE. Pay £35 today or £70 tomorrow: https://parking-notice.example.com
Scan the QR code in the attached picture to keep your messaging account, or it will be deleted tonight.
Toll notice: you have an outstanding toll of £3.95. To avoid a late fee of £50 visit https://toll.example.org/uk
Your vehicle tax payment failed. Update your billing details to avoid a £1000 fine https://vehicle-tax.example.net
You have a DVLA refund outstanding of £71.95, scan the code we mailed you to claim
Speed camera fine issued 24/11. View the photo and pay: fines.example.com/v/88
""",
    "tax refund": """
HMRC: you are due a tax refund of £276.84. Claim it here before it expires https://refund.example.org
A lawsuit is being filed against you for tax fraud. Press 1 or call 01632 960700 to speak to an officer.
You are eligible for the energy bill discount of £400. Apply: https://energy-support.example.com
Cost of living payment: we could not pay you £301. Confirm bank details at gov.example.net
Your council tax band is wrong and you're owed £1,190. Claim in 2 minutes https://band.example.org/c
Winter fuel allowance: pensioners must apply before Friday. Start your application: https://winter.example.com
Your national insurance number has been suspended due to suspicious activity. Call back urgently.
""",
    "gift card": """
Hi, it's David (CEO). I'm in a meeting. Can you buy 5 gift cards of £100 and send me the codes? Will pay you back today
Are you at your desk? I need a quick favour, keep it between us. Text me back. Your boss
Congratulations! You've been chosen for a £500 supermarket voucher. Answer 3 questions: https://survey.example.net
Dear colleague, please get 3 store cards for the client, scratch the back and send a picture.
Your loyalty points (4,980) expire today. Swap them for a new phone https://points.example.com
Happy holidays! Claim your free air fryer, only pay postage of £1.95 https://gift.example.org/af
""",
    "romance": """
Hi, is this Anna? We met at the gallery last week. Oh sorry, wrong number! You seem nice though, where are you from?
Good morning my dear, I dreamed of you. My ship is stuck at the port and my card doesn't work, can you help me with 300?
Hello stranger 😊 I just moved here and I'm looking for friends. I'm Mia, 29. Add me on Telegram
I'm a doctor with the UN in Syria. I'd love to know you better, you have a kind face
Darling, the customs want 1200 to release the gift I sent you. Please pay it and I will repay you when I land
Sorry, is this the number for the tennis club? No? Then fate brought us together haha
""",
    "subscription": """
StreamBox: your payment failed and your account will close. Update card: https://streambox-billing.example.com
Your antivirus renewed for $399.99. To cancel and get a refund call 0808 157 0888 within 24h.
Your phone has been hacked! All your data will be published. Install the cleaner: https://clean.example.net
Your cloud storage is full. All photos will be deleted tomorrow. Upgrade for £1: https://cloud.example.org/up
You missed a voice message. Listen to it here: https://vm.example.com/a/1
""",
    "charity": """
Help the children of the earthquake today! Every £10 counts, only by gift card or BTC: https://relief.example.org
You have won a grant of £7,500 for pensioners from the charity fund. Send your bank details to claim.agent@example.com
""",
}


def messages() -> pd.DataFrame:
    """Return one row per message: `kind`, `text`, `spam`, 0 or 1, and `known`, whether choices may be made on it.

    A hash of the text decides what is known: about half. The others only measure.
    """
    import pandas as pd

    rows = [
        (kind, text, spam)
        for spam, kinds in enumerate((EVERYDAY, SCAMS))
        for kind, texts in kinds.items()
        for text in texts.strip().splitlines()
    ]
    table = pd.DataFrame(rows, columns=["kind", "text", "spam"])
    return table.assign(known=[zlib.crc32(text.encode()) % 2 == 0 for text in table["text"]])
