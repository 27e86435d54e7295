{{ passed_deadlines([['directive', 'sign']]) }}
