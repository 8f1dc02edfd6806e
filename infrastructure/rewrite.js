// Which file of the bucket an address of the pages is. CloudFront runs this for each request of a page.
function handler(event) {
  var request = event.request;
  if (/^\/((reset|confirm|invite)\/?)?$/.test(request.uri)) {
    request.uri = '/index.html';
  } else if (/^\/shop\/[^/]+\/?$/.test(request.uri)) {
    request.uri = '/shop.html';
  } else if (/^\/api\/docs\/?$/.test(request.uri)) {
    request.uri = '/docs.html';
  }
  return request;
}
