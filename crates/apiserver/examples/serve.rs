//! The bare server on a port: `serve [ADDRESS] [--no-controllers] [--rbac]`; with RBAC the token is `admin`.

use kro_apiserver::{
    ApiServer, Authorization, Behaviors, Options,
    serve::{Transport, serve},
};
use std::io;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut options = Options::default();
    let mut address = "127.0.0.1:8001".to_owned();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--no-controllers" => options.behaviors = Behaviors::none(),
            "--rbac" => {
                options.authorization = Authorization::Rbac;
                options.token = Some("admin".to_owned());
            }
            other => other.clone_into(&mut address),
        }
    }
    let listener = TcpListener::bind(&address).await?;
    serve(ApiServer::new(options), listener, Transport::default(), std::future::pending()).await;
    Ok(())
}
