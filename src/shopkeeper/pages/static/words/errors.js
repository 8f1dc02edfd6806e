/** Texts of errors, by the code that the server sends. @satisfies {import("../texts.js").Table} */
export const ERRORS = {
  "error.unknown": ["Something went wrong.", "Etwas ist schiefgegangen."],
  "error.unreachable": [
    "The server cannot be reached. Please check the connection.",
    "Der Server ist nicht erreichbar. Bitte die Verbindung prüfen.",
  ],
  "error.outage": [
    "The server cannot do this right now. Nothing was lost. Please try again.",
    "Der Server kann das gerade nicht. Nichts ging verloren. Bitte erneut versuchen.",
  ],
  "error.wait": [
    "Too many attempts. Please wait {seconds} seconds.",
    "Zu viele Versuche. Bitte {seconds} Sekunden warten.",
  ],
  "error.invalid_input": ["Please check what is marked.", "Bitte das Markierte prüfen."],
  "error.wrong_credentials": [
    "Email and password do not belong together.",
    "E-Mail-Adresse und Passwort gehören nicht zusammen.",
  ],
  "error.wrong_password": ["The current password is wrong.", "Das bisherige Passwort ist falsch."],
  "error.already_registered": [
    "There already is an account with this email address.",
    "Zu dieser E-Mail-Adresse gibt es schon ein Konto.",
  ],
  "error.registration_closed": [
    "Nobody can register here. Please ask the operator.",
    "Hier kann sich niemand registrieren. Bitte den Betreiber fragen.",
  ],
  "error.invitation_required": [
    "To register here you need an invitation. Please ask the operator.",
    "Zum Registrieren brauchen Sie hier eine Einladung. Bitte den Betreiber fragen.",
  ],
  "error.invalid_invitation": [
    "The invitation is for another email address, or not valid any more. Please ask the operator for a new one.",
    "Die Einladung ist für eine andere E-Mail-Adresse oder gilt nicht mehr. Bitte den Betreiber um eine neue bitten.",
  ],
  "error.signs_in_elsewhere": [
    "Accounts of this server come from another service, so this page cannot sign you in.",
    "Die Konten dieses Servers kommen von einem anderen Dienst, darum geht die Anmeldung hier nicht.",
  ],
  "error.already_set_up": [
    "This shop is set up already. Please sign in.",
    "Dieses Geschäft ist schon eingerichtet. Bitte anmelden.",
  ],
  "error.wrong_code": [
    "This is not the code that the server printed when it started.",
    "Das ist nicht der Code, den der Server beim Start gezeigt hat.",
  ],
  "error.email_taken": ["Another business has this email address.", "Ein anderes Geschäft hat diese E-Mail-Adresse."],
  "error.invalid_session": ["The link is not valid any more.", "Der Link gilt nicht mehr."],
  "error.changed_meanwhile": [
    "This was changed elsewhere. The newest is shown; what you typed is kept. Please look again.",
    "Das wurde anderswo geändert. Das Neueste ist zu sehen, Ihre Eingaben bleiben. Bitte noch einmal ansehen.",
  ],
  "error.precondition_failed": [
    "This was changed elsewhere. The newest is shown; what you typed is kept. Please look again.",
    "Das wurde anderswo geändert. Das Neueste ist zu sehen, Ihre Eingaben bleiben. Bitte noch einmal ansehen.",
  ],
  "error.owns_business": [
    "Delete the business first, on its page.",
    "Bitte zuerst das Geschäft löschen, auf seiner Seite.",
  ],
  "error.orders_open": ["There are open orders.", "Es gibt offene Bestellungen."],
  "error.not_a_picture": ["This file is not a picture.", "Diese Datei ist kein Bild."],
  "error.upload_failed": ["The picture could not be sent.", "Das Bild ließ sich nicht senden."],
  "error.too_many_items": ["No more items can be added.", "Mehr Artikel sind nicht möglich."],
  "error.too_many_pictures": ["No more pictures can be added.", "Mehr Bilder sind nicht möglich."],
  "error.pictures_not_configured": ["This server stores no pictures.", "Dieser Server speichert keine Bilder."],
  "error.too_many_webhooks": ["No more webhooks can be added.", "Mehr Webhooks sind nicht möglich."],
  "error.events_gone": ["Events this old are no longer stored.", "So alte Ereignisse sind nicht mehr gespeichert."],
  "error.no_events": ["Nothing has happened since then.", "Seitdem ist nichts geschehen."],
  "error.mail_not_configured": ["This server sends no mails.", "Dieser Server verschickt keine E-Mails."],
  "error.not_found": ["This is not here any more.", "Das gibt es hier nicht mehr."],
};
