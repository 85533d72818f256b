//! Requests to a server. One whose certificate is not trusted is not asked again: its answer would be the same.

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};
use std::error::Error;
use std::io;

/// Makes clients whose requests fail at once if the certificate of the server is not trusted.
#[derive(Debug, Default)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Service(HttpClient);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.execute(request).await.map_err(|error| match certificate_error(&error) {
            // The library repeats no request that failed with an error of this kind.
            Some(_) => HttpError::new(HttpErrorKind::Unknown, error),
            None => error,
        })
    }
}

/// What is wrong with the certificate of a server, if that is the cause of `error`.
pub(super) fn certificate_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut errors = causes(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    errors.find(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}

/// Whether no answer has come: the server may not even be there.
pub(super) fn lacks_answer(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(<dyn std::error::Error>::is::<HttpError>)
}

/// `error`, its cause, the cause of that, and so on.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| cause(*error))
}

/// What has led to `error`. An error of input and output says so of the error that it holds, but not that error itself.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::CertificateError;

    #[test]
    fn a_certificate_is_found_however_deep_it_lies() {
        let certificate = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let inside = io::Error::other(io::Error::other(certificate()));
        let error = HttpError::new(HttpErrorKind::Connect, inside);
        assert_eq!(certificate_error(&error), Some(&certificate()));
        let other = HttpError::new(HttpErrorKind::Connect, io::Error::other(rustls::Error::DecryptError));
        assert_eq!(certificate_error(&other), None);
        assert!(lacks_answer(&other) && !lacks_answer(&io::Error::other("x")));
    }
}
