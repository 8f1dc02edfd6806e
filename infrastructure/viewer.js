import cf from 'cloudfront';

// Who asks the function that has a URL, and by which way. What has no body goes to the URL itself, and the distribution
// signs it. Everything else goes to the gateway, since its sender would have to sign the body.
// CloudFront runs this for each request of the paths of that function, if it has a URL.
function handler(event) {
  var request = event.request;
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    cf.selectRequestOriginById('api');
  }
  return request;
}
