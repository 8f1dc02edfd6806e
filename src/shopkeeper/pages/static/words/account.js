/** Texts of the account's page. @satisfies {import("../texts.js").Table} */
export const ACCOUNT = {
  "account.title": ["Account", "Konto"],
  "account.profile": ["You", "Sie"],
  "account.name": ["Name", "Name"],
  "account.email": ["Email address", "E-Mail-Adresse"],
  "account.email_password": ["Current password", "Bisheriges Passwort"],
  "account.email_password_hint": ["Needed for another address.", "Nötig für eine andere Adresse."],
  "account.password": ["Password", "Passwort"],
  "account.password_lead": [
    "A new password signs you out on all devices.",
    "Ein neues Passwort meldet Sie auf allen Geräten ab.",
  ],
  "account.current": ["Current password", "Bisheriges Passwort"],
  "account.new": ["New password", "Neues Passwort"],
  "account.change": ["Change the password", "Passwort ändern"],
  "account.changed": [
    "The password is changed. Please sign in with it.",
    "Das Passwort ist geändert. Bitte damit anmelden.",
  ],
  "account.device": ["This device", "Dieses Gerät"],
};
