{{ passed_deadlines([['directive', 'dispatch'], ['incident', 'dispatch'], ['hazard', 'refer']]) }}
