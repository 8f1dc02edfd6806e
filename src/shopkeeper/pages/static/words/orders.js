/** Texts of orders. @satisfies {import("../texts.js").Table} */
export const ORDERS = {
  "orders.title": ["Orders", "Bestellungen"],
  "orders.empty": ["No orders yet", "Noch keine Bestellungen"],
  "orders.empty_lead": ["New orders appear here by themselves.", "Neue Bestellungen erscheinen hier von selbst."],
  "orders.none": ["No business yet", "Noch kein Geschäft"],
  "orders.none_lead": [
    "This account owns no business, so there are no orders to show.",
    "Diesem Konto gehört kein Geschäft, darum gibt es hier keine Bestellungen.",
  ],
  "orders.note": ["Note", "Notiz"],
  "status.received": ["New", "Neu"],
  "status.accepted": ["Accepted", "Angenommen"],
  "status.preparing": ["Preparing", "In Arbeit"],
  "status.ready": ["Ready", "Fertig"],
  "status.out_for_delivery": ["On its way", "Unterwegs"],
  "status.delivered": ["Delivered", "Geliefert"],
  "status.completed": ["Completed", "Abgeschlossen"],
  "status.rejected": ["Rejected", "Abgelehnt"],
  "status.cancelled": ["Cancelled", "Storniert"],
  "status.expired": ["Expired", "Verfallen"],
};
