// Shows the OpenAPI document with Swagger UI (a global of swagger-ui-bundle.js).
const place = document.getElementById("api");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null, // else a foreign server is asked whether the document is right
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = place.dataset.csrfToken;
    return request;
  },
});
